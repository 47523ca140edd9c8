"""The covariance of z per class, against Gaussians of known spread."""

import torch

from defenses.began_cs.class_covariance import class_maps


def test_each_class_has_the_covariance_of_its_pictures():
    """Men vary along the first number four times as much as along the second, women the reverse."""
    rng = torch.Generator().manual_seed(0)
    label = torch.cat([torch.full((9000,), -0.5), torch.full((3000,), 1.5)])
    wide = torch.tensor([[0.25, 1.0], [1.0, 0.25]])[(label > 0).long()]
    z = torch.randn(12000, 2, generator=rng) * wide
    same, slope = class_maps(z, label, reach=0.5)
    noise = 2 * torch.rand(12000, 2, generator=rng) - 1
    for y, spread in ((-0.5, [0.25, 1.0]), (1.5, [1.0, 0.25])):
        drawn = noise @ (same + y * slope)
        torch.testing.assert_close(drawn.std(dim=0), torch.tensor(spread) / 2, rtol=0.05, atol=0)


def test_a_class_of_few_pictures_has_nearly_the_covariance_of_all():
    rng = torch.Generator().manual_seed(0)
    z, label = torch.randn(303, 20, generator=rng), torch.zeros(303)
    same, slope = class_maps(z, label, reach=1.0)
    assert torch.equal(same, torch.eye(20))  # one class
    assert not slope.any()
    label[:3] = 1
    same, slope = class_maps(z, label, reach=3**-0.5)
    few = same + slope
    assert torch.linalg.eigvalsh(few).min() > 0.7  # three pictures alone have but two axes
    assert torch.linalg.eigvalsh(few).max() < 1.6
