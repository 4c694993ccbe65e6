"""11月3日, not 11月03日."""

MONTH_DAY_FORMAT = "n月j日"
