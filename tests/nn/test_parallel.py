"""Networks side by side."""

import torch
from torch import nn

from bench.nn.parallel import Sum


def test_the_outputs_of_all_parts_are_added_and_all_learn():
    first, second = nn.Linear(3, 2), nn.Linear(3, 2)
    net, inputs = Sum(first, second), torch.rand(5, 3)
    torch.testing.assert_close(net(inputs), first(inputs) + second(inputs))
    assert len(list(net.parameters())) == 4
