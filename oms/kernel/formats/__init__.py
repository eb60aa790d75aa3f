"""How dates are written where no page of ours writes them: forms, lists and histories of the admin."""
