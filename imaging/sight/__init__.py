"""What pixels and neighbours tell of an item: colours, damage, kind, how good a photo is. Pure."""
