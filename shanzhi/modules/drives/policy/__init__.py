"""Rules of creation drives: checklists, states, what records say, who may not visit. Pure."""
