"""Actions by which robots ask for speech; each works where its package of interfaces is there."""
