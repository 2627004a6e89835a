"""What spans of calls are called that no world knows."""

import pytest

from otelsim.replay.operations import Call, Known
from tests.simulated import world_of

FOREIGN = Call("shop", "checkout", "cart-api", "add_to_cart", "INFO", "", root=True)


@pytest.mark.parametrize("known", [Known(None), Known(world_of())])
def test_a_root_that_no_world_knows_has_its_actions_name_and_no_route(known):
    assert known.span_name(FOREIGN) == "add_to_cart"
    assert known.request(FOREIGN) == known.answer(FOREIGN) == {}
    assert known.route(FOREIGN) == []
    failed = FOREIGN._replace(level="ERROR", error_code="ConditionalCheckFailed")
    assert known.answer(failed) == {"error.type": "ConditionalCheckFailed"}
    assert known.answer(failed._replace(error_code="")) == {"error.type": "_OTHER"}


def test_a_child_is_named_by_its_service_alone():
    child = FOREIGN._replace(root=False, action="handle_add_to_cart")
    known = Known(None)
    assert known.span_name(child) == "shop.checkout.CartApiService/Handle"
    assert known.request(child) == {"rpc.system.name": "grpc", "rpc.method": "shop.checkout.CartApiService/Handle"}
    assert known.answer(child) == {"rpc.response.status_code": "OK"}
    failed = child._replace(level="ERROR", error_code="503")
    assert known.answer(failed) == {"rpc.response.status_code": "UNAVAILABLE", "error.type": "UNAVAILABLE"}


def test_a_known_roots_odd_code_is_no_status():
    action = world_of().actions[0]
    service = world_of().services[action.service]
    call = Call(service.application, service.stack, service.name, action.name, "ERROR", "E_FULL", root=True)
    known = Known(world_of())
    assert known.span_name(call) == f"{action.method} {action.route}"
    assert known.answer(call) == {"error.type": "E_FULL"}
    assert known.answer(call._replace(error_code="504")) == {"http.response.status_code": 504, "error.type": "504"}
