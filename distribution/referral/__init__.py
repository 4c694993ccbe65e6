"""Who recommended whom: links and clicks, what a guest's browser carries, the dated relations."""
