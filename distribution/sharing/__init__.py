"""What a distributor gives away: pictures, codes, a selection of goods, and what each would earn."""
