"""Whether the data have the shape that SPEC demands: at full volume, with explicit bounds."""
