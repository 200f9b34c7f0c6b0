"""The API's description says one thing by one name."""

from collections import defaultdict

from shanzhi.config.api import api


def _schemas() -> dict[str, set[str]]:
    """Every class that a call takes or gives, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in operation.response_models.values():
                    for name, schema in _named(model):
                        found[name].add(schema)
    return found


def _named(model) -> list[tuple[str, str]]:
    """Names and homes of all classes below a response model."""
    todo, seen = [model], {}
    while todo:
        one = todo.pop()
        todo += getattr(one, "__args__", ())
        todo += [field.annotation for field in getattr(one, "model_fields", {}).values()]
        if hasattr(one, "model_fields") and one.__name__ != "NinjaResponseSchema":
            seen[one.__name__] = f"{one.__module__}.{one.__qualname__}"
    return list(seen.items())


def test_it_has_no_two_shapes_under_one_name():
    assert {name: homes for name, homes in _schemas().items() if len(homes) > 1} == {}
    assert "MatterOut" in _schemas()
