"""What the numbers say: key figures with exact formulas over stored facts."""
