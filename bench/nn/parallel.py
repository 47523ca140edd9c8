"""Networks side by side."""

import torch
from torch import Tensor, nn


class Sum(nn.Module):
    """The sum of what several networks give for the same inputs."""

    def __init__(self, *nets: nn.Module) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits, (N, C)."""
        return torch.stack([net(inputs) for net in self.nets]).sum(dim=0)
