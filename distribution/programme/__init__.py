"""Who takes part: asking, joining, agreeing, leaving, telling; and what the law wants to see."""
