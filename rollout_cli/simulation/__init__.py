"""Room `simulation`: a simulation, put together with a store of events; on one core, on several, on a cluster.

In: an `Order`. Out: `Totals`. Rule: whoever runs it, the counts are the same.

```python
from rollout_cli.simulation.running import Order, simulate

totals = simulate(Order(snapshot, Profile(), seed=7, events=10_000, shoppers=shopper_ids(20)))
```
"""
