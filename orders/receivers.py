"""What this room does when something happens in the rooms below. One domain call each."""
