"""Still lifes of the demo's goods, drawn with Pillow alone: no font files, no photos, always the same.

colours → board → shapes → light → nuts, fruit, plants → motifs → labels → the goods (packs, jars,
beauty, makeup, home, kitchen, kids, gadgets, promises, pantry) and the scenes they stand in.
Knows nothing of Django, so that other processes can draw without the shop.
"""
