"""The standard suite: what every connector must hold. A connector's test file subclasses it.

```python
class TestAcmeWatch(ConnectorSuite):
    module = "acme_watch"
```

With that alone the folder, the JSON, the cases in `tests/cases/*.json`, bad input and hostile values are
tested (bronze). What makes it silver is a product: a `sandbox()` in `tests/product.py` (or `product`,
`connection` and `configuration` here) and `pattern`, and where the product keeps searches also
`searches_left` and `expire`. Gold is the closed loop: override `every_row`.

| override              | says                                                              | without it |
|-----------------------|-------------------------------------------------------------------|------------|
| `module`              | the connector's name                                              | needed     |
| `required_options`    | options that the connector cannot do without                      | none       |
| `outside_literals`    | how to read a native query without its literals                   | SQL, JSON  |
| `product`             | a context manager that runs the product, such as a `FakeProduct`  | sandbox    |
| `connection`          | the connection to it, as a user would write it                    | sandbox    |
| `configuration`       | credentials that it accepts                                       | sandbox    |
| `wrong_configuration` | credentials that it refuses                                       | reversed   |
| `pattern`             | a pattern that finds more than three rows of it                   |            |
| `broken_query`        | a native query that it refuses                                    | brackets   |
| `searches_left`       | how many searches it still keeps                                  | 0          |
| `expire`              | make it forget a search                                           | it has none|
| `every_row`           | all rows of the product, as native rows, by dialect               | silver     |

Each class of errors has its code and message proven by an `ErrorSuite` beside it (`suite_errors.py`).
`python -m stix_shifter_utils.testing.grade NAME` computes a connector's grade from what it passes.
"""

from __future__ import annotations

from stix_shifter_utils.testing.suite_loop import LoopSuite


class ConnectorSuite(LoopSuite):
    """Bronze, silver and gold; see the module for what to override."""
