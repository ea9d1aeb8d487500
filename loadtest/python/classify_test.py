"""Pictures as anybody would send them."""

import io
import json
import pathlib
import urllib.error
import urllib.request

import numpy
import pytest
from PIL import Image

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs/images/digit-7.png"


@pytest.fixture
def classify(http_address):
    def ask(body, content_type="image/png", model="digits"):
        request = urllib.request.Request(f"http://{http_address}/models/{model}/classify", data=body,
                                         headers={"Content-Type": content_type})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    return ask


def encoded(array, form="PNG", size=None):
    image = Image.fromarray(array)
    if size:
        image = image.resize((size, size), Image.LANCZOS)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def test_the_example_of_the_readme_is_a_seven(classify):
    answer = classify(EXAMPLE.read_bytes())
    assert answer["model"] == "digits"
    assert answer["version"]
    assert answer["label"] == "7"
    assert answer["probability"] > 0.9
    assert answer["top"][0] == {"label": "7", "probability": answer["probability"]}
    assert len(answer["top"]) == 5


def rights(classify, grey, labels, encode, content_type="image/png", count=50):
    return sum(classify(encode(grey[i]), content_type)["label"] == str(labels[i]) for i in range(count))


def test_pictures_of_the_models_own_size(classify, grey, labels):
    assert rights(classify, grey, labels, encoded) >= 48


def test_large_pictures_are_scaled(classify, grey, labels):
    assert rights(classify, grey, labels, lambda one: encoded(one, size=280)) >= 46


def test_dark_ink_on_bright_paper_is_inverted(classify, grey, labels):
    assert rights(classify, grey, labels, lambda one: encoded(255 - one, size=140)) >= 46


def test_colour_and_transparency(classify, grey, labels):
    def transparent(one):
        return encoded(numpy.dstack([one, one, one, numpy.full_like(one, 255)]))
    assert rights(classify, grey, labels, transparent) >= 48


def test_jpeg(classify, grey, labels):
    assert rights(classify, grey, labels, lambda one: encoded(one, "JPEG", 112), "image/jpeg") >= 46


def refusal(call):
    with pytest.raises(urllib.error.HTTPError) as caught:
        call()
    return caught.value.code, json.load(caught.value)["error"]


def test_what_is_not_a_picture_is_refused(classify):
    status, message = refusal(lambda: classify(b"this is no picture at all"))
    assert 400 <= status < 500
    assert "PNG" in message and "JPEG" in message


def test_a_truncated_picture_is_refused(classify, grey):
    status, message = refusal(lambda: classify(encoded(grey[0], size=280)[:300]))
    assert 400 <= status < 500
    assert "Exception" not in message


def test_an_unknown_model_is_not_found(classify, grey):
    status, message = refusal(lambda: classify(encoded(grey[0]), model="nobody"))
    assert status == 404
    assert "nobody" in message
