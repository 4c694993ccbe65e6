"""What a distributor reads about themselves: figures, lists, charts, statements, places."""
