"""What is earned and owed: terms, commissions and their life, the ledger, balances, the proof."""
