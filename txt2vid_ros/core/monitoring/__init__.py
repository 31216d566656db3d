"""How a graph does: percentiles, rates, limits, what nodes tell, ways of utterances."""
