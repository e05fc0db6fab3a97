"""The language of the shop: its words, how they inflect, and how facts become sentences. Pure."""
