"""What the merchant steers with: a rule in words, drafts of changes, dry runs on past orders."""
