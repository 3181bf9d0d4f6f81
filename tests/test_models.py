"""Networks: shapes, sizes, and refusals."""

import dataclasses

import pytest
import torch

from seglib.models import Undrawn, UNet, build_model, stride
from seglib.recipes import recipe

QUICK = recipe("polyp-quick", size=64)


def test_unet_of_the_paper_has_its_published_size():
    # 31.0 M parameters for 64..1024 channels, as counted for the architecture of the 2015 paper.
    count = sum(p.numel() for p in UNet().parameters())
    assert 31.0e6 < count < 31.1e6
    assert stride(UNet()) == 16


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("classes", [1, 6])
def test_unet_keeps_the_image_size(depth, classes):
    network = UNet(classes=classes, width=4, depth=depth).eval()
    assert network(torch.zeros(2, 3, 32, 48)).shape == (2, classes, 32, 48)


def test_unet_says_why_a_size_does_not_fit():
    with pytest.raises(ValueError, match="30x32 px.*multiples of 16"):
        UNet(width=4)(torch.zeros(1, 3, 30, 32))


def test_weights_that_are_about_to_be_replaced_are_not_drawn():
    network, picture = build_model(QUICK).eval(), torch.rand(1, 3, 64, 64)
    before = torch.random.get_rng_state()
    with Undrawn():
        copy = build_model(QUICK).eval()
    assert torch.equal(before, torch.random.get_rng_state())
    copy.load_state_dict(network.state_dict())
    with torch.inference_mode():
        assert torch.equal(copy(picture), network(picture))


@pytest.mark.parametrize("model", ["unet", "deeplabv3plus"])
@pytest.mark.parametrize("encoder", ["resnet34", "mobilenetv3-large"])
def test_both_models_take_both_encoders(model, encoder):
    network = build_model(dataclasses.replace(QUICK, model=model, encoder=encoder)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 1, 64, 64)


def test_more_classes_get_one_channel_each():
    network = build_model(dataclasses.replace(QUICK, encoder="plain", width=4), n_classes=6).eval()
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 6, 64, 64)


def test_every_weight_can_learn():
    network = UNet(width=4)
    network(torch.randn(2, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.head.parameters())
    assert all(p.grad.abs().max() > 0 for p in network.parameters() if p.ndim > 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "unett"}, "Unknown model 'unett'. Did you mean 'unet'"),
        ({"encoder": "resnet33"}, "Unknown encoder 'resnet33'. Did you mean 'resnet"),
        ({"encoder": "tu-nothing"}, "'tu-nothing' cannot be built .Unknown model .nothing.*choose"),
        ({"model": "pan", "encoder": "vgg11"}, "'pan' with encoder 'vgg11' cannot be built"),
        ({"model": "deeplabv3plus", "encoder": "plain"}, "'plain' belongs to 'unet'"),
        ({"size": 100}, "100 px.*multiple of its stride of 32 px"),
        ({"size": 16}, "16 px.*multiple of its stride of 32 px"),
    ],
)
def test_bad_recipes_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        build_model(dataclasses.replace(QUICK, **fields))


def test_local_encoder_weights_are_loaded(tmp_path):
    source = build_model(QUICK)
    path = tmp_path / "encoder.pt"
    torch.save(source.encoder.state_dict(), path)
    loaded = build_model(dataclasses.replace(QUICK, model="deeplabv3plus", weights=str(path)))
    pairs = zip(source.encoder.parameters(), loaded.encoder.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_local_weights_of_another_encoder_are_refused(tmp_path):
    path = tmp_path / "encoder.pt"
    torch.save(build_model(QUICK).encoder.state_dict(), path)
    with pytest.raises(ValueError, match="do not fit"):
        build_model(dataclasses.replace(QUICK, encoder="resnet34", weights=str(path)))
    with pytest.raises(FileNotFoundError, match="nowhere.pt"):
        build_model(dataclasses.replace(QUICK, weights=str(tmp_path / "nowhere.pt")))


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (b"no weights", r"encoder.pt' cannot be read \(UnpicklingError\); give a file"),
        ([1, 2], r"encoder.pt' cannot be read \(AttributeError\); give a file"),
        ({"conv1.weight": 1}, "encoder.pt' do not fit ResNetEncoder"),
        ({1: 2}, "encoder.pt' do not fit ResNetEncoder"),
    ],
)
def test_files_that_are_no_weights_are_refused(tmp_path, saved, message):
    path = tmp_path / "encoder.pt"
    path.write_bytes(saved) if isinstance(saved, bytes) else torch.save(saved, path)
    with pytest.raises(ValueError, match=message):
        build_model(dataclasses.replace(QUICK, weights=str(path)))
