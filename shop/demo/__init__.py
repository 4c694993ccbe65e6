"""The demo shop: goods, people and ninety days of trade, made through the domain functions.

May import: everything. Nothing imports it.
"""
