"""Things: SKUs, locations, supply, movements of stock."""
