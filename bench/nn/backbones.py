"""Architectures of classifiers and embedders."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn import functional

from bench.faces import LUMA
from bench.nn.attacker import GREY, PUBLISHED_WIDTHS
from bench.nn.pretrained import Pretrained
from bench.nn.published.catalogue import JUDGES

FACENET_PX = 160  # side of the input


class ConvNet(nn.Sequential):
    """The identifier of the PPRL-VGAN authors, for pictures of any size from 16 px.

    Four blocks of a convolution (32 filters), LeakyReLU, batch norm and 3x3 max-pooling by 2, then
    a dense layer of 32.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018; released Privacy_vs_Utility_check.py.
    Differs from it: PyTorch's initialisation; symmetric padding.
    """

    def __init__(self, n_classes: int, size_px: int) -> None:
        layers: list[nn.Module] = []
        channels, side = 3, size_px
        for kernel in (5, 5, 3, 3):
            layers += pooled_block(channels, 32, kernel)
            channels, side = 32, (side + 1) // 2
        layers += [nn.Flatten(), nn.Linear(32 * side * side, 32), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Dropout(0.5), nn.Linear(32, n_classes))


def pooled_block(n_in: int, n_out: int, kernel: int) -> list[nn.Module]:
    """A block of `ConvNet`, which halves the side; the convolution keeps it if `kernel` is odd."""
    return [
        nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.BatchNorm2d(n_out),
        nn.MaxPool2d(3, stride=2, padding=1),
    ]


class DeepConvNet(nn.Sequential):
    """The gender classifier that the SAN authors trained against, for pictures from 32 px.

    Six convolutions (32, 64, 128, 256, 256, 512 filters) with LeakyReLU, max-pooling by 2 after the
    first five, dropout of whole filters, and a mean over positions.

    Source: Mirjalili, Raschka, Namboodiri, Ross, ICB 2018; released genderpred.py.
    Differs from it: three channels (`Grey` has one); the mean is over all positions (theirs over
    7x7, which is all of them at 224 px); PyTorch's current initialisation.
    """

    def __init__(self, n_classes: int, n_colours: int = 3) -> None:
        layers: list[nn.Module] = []
        channels = n_colours
        for number, width in enumerate((32, 64, 128, 256, 256, 512)):
            kernel = 3 if number else 5
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2)]
            layers += [nn.LeakyReLU(inplace=True)]
            layers += [nn.MaxPool2d(2)] if number < 5 else []
            channels = width
        super().__init__(*layers, nn.Dropout2d(0.25), *_head(channels, 0.25, n_classes))


class CodeNet(nn.Sequential):
    """The PPRL-VGAN authors' attacker on codes: three dense blocks of 128.

    The first layer is a batch norm without parameters, because the scale of codes varies.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018; released Privacy_vs_Utility_check.py.
    Differs from it: the batch norm; any width.
    """

    def __init__(self, n_classes: int, n_inputs: int, width: int = 128) -> None:
        layers: list[nn.Module] = [nn.BatchNorm1d(n_inputs, affine=False)]
        for inputs in (n_inputs, width, width):
            layers += [nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Dropout(0.25)]
        super().__init__(*layers, nn.Linear(width, n_classes))


class PlainNet(nn.Sequential):
    """A small `vgg`: four convolutions with max-pooling in between, for pictures from 8 px.

    Source: Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556.
    Differs from it: one convolution per stage (32, 64, 128, 128 filters); batch norm; a mean over
    positions, dropout of 0.25 and one dense layer instead of three dense layers.
    """

    def __init__(self, n_classes: int) -> None:
        layers: list[nn.Module] = []
        channels = 3
        for number, width in enumerate((32, 64, 128, 128)):
            layers += [nn.MaxPool2d(2)] if number else []
            layers += [*_normed(channels, width), nn.ReLU(inplace=True)]
            channels = width
        super().__init__(*layers, *_head(channels, 0.25, n_classes))


class ResNet(nn.Sequential):
    """A small residual network: four stages of one block, each halving the picture.

    It averages over positions, so it takes pictures of any size and needs few of them.

    Source: He, Zhang, Ren, Sun, CVPR 2016 (basic blocks).
    Differs from it: widths 16, 32, 64, 128; a stem that keeps the resolution.
    """

    def __init__(self, n_classes: int, width: int = 16) -> None:
        stages = [_Block(width, width)]
        stages += [_Block(width << i, width << (i + 1)) for i in range(3)]
        first = *_normed(3, width), nn.ReLU(inplace=True)
        super().__init__(*first, *stages, *_head(8 * width, 0.2, n_classes))


class _Block(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        first = *_normed(n_in, n_out, 2), nn.ReLU(inplace=True)
        self.body = nn.Sequential(*first, *_normed(n_out, n_out))
        skip = nn.Conv2d(n_in, n_out, 1, stride=2, bias=False)
        self.skip = nn.Sequential(skip, nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.skip(x))  # (N, n_out, H/2, W/2)


def _normed(n_in: int, n_out: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A 3x3 convolution and its batch norm."""
    return nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(n_out)


def _head(width: int, dropout: float, n_classes: int) -> tuple[nn.Module, ...]:
    """Averages (N, width, H, W) over positions and gives logits, (N, n_classes)."""
    dense = nn.Linear(width, n_classes)
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), dense


class Grey(nn.Module):
    """A network for grey pictures in 0..1, which gets the luma of pictures in [-1, 1]."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """The network's output for pictures in colour, (N, 3, H, W)."""
        luma = sum(weight * x[:, i, None] for i, weight in enumerate(LUMA))  # (N, 1, H, W)
        return self.net((luma + 1) / 2)  # type: ignore[no-any-return]


class Enlarged(nn.Module):
    """A network that first resizes pictures to the side that it needs (bilinear)."""

    def __init__(self, net: nn.Module, size_px: int) -> None:
        super().__init__()
        self.net, self.size_px = net, size_px

    def forward(self, x: Tensor) -> Tensor:
        """The network's output for pictures of any size, (N, 3, H, W)."""
        resized = functional.interpolate(x, self.size_px, mode="bilinear", antialias=True)
        return self.net(resized)  # type: ignore[no-any-return]


def backbone(name: str, n_classes: int, size_px: int) -> nn.Module:
    """A network for pictures, (N, 3, size, size) in [-1, 1], that gives logits, (N, n_classes).

    With as many outputs as published, `facenet` and `vggface` give their embedding. Networks of
    timm are untrained, and so are published ones until `Pretrained.load_published`.

    Raises:
        ValueError: if the network is unknown.
    """
    if name == "pprl":
        return ConvNet(n_classes, size_px)
    plain: Mapping[str, Callable[[int], nn.Module]]
    plain = {"san": DeepConvNet, "vgg": PlainNet, "resnet": ResNet}
    if name in plain:
        return plain[name](n_classes)
    if name == "facenet":
        from facenet_pytorch import InceptionResnetV1

        embeds = n_classes == PUBLISHED_WIDTHS[name]
        head = {} if embeds else {"classify": True, "num_classes": n_classes}
        return Enlarged(InceptionResnetV1(**head), FACENET_PX)
    if name == "vggface":
        from bench.nn.vggface import SIDE_PX, VGGFace

        return Enlarged(VGGFace(n_classes), SIDE_PX)
    if name == GREY:
        return Grey(DeepConvNet(n_classes, 1))
    if name in JUDGES:
        return Pretrained(name, n_classes)
    import timm  # slow to import

    family, _, model = name.partition("/")
    if family != "timm" or not timm.is_model(model):
        raise ValueError(
            "expected a backbone `pprl`, `san`, `san-grey`, `vgg`, `resnet`, `facenet`, `vggface`, "
            f"a published network of {sorted(JUDGES)}, or `timm/NAME` (timm.list_models()), got "
            f"{name!r}"
        )
    return timm.create_model(model, num_classes=n_classes)
