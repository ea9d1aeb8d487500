"""A repository of small models, laid out as Triton's users do, for the clients that want more than one kind of tensor."""

import ml_dtypes
import numpy
from onnx import TensorProto, helper, save

ROWS, COLUMNS = "rows", "columns"

# Elements at the ends of each type's range and between.
BRAIN = numpy.array([[0x3F80, 0xFF7F, 0x0001], [0x8000, 0x7F80, 0xC049]], numpy.uint16)
TEXTS = [[b"", "Mühle 😀".encode(), b"\x00"], [b"line\nbreak", b'"quoted"\\', "ä".encode() * 70]]
SAMPLES = {
    "BOOL": numpy.array([[True, False, True], [False, False, True]]),
    "INT8": numpy.array([[-128, 127, 0], [1, -1, 5]], numpy.int8),
    "INT16": numpy.array([[-32768, 32767, 0], [1, -1, 256]], numpy.int16),
    "INT32": numpy.array([[-2**31, 2**31 - 1, 0], [1, -1, 65536]], numpy.int32),
    "INT64": numpy.array([[-2**63, 2**63 - 1, 0], [1, -1, 2**53 + 1]], numpy.int64),
    "UINT8": numpy.array([[0, 255, 128], [1, 2, 3]], numpy.uint8),
    "UINT16": numpy.array([[0, 65535, 32768], [1, 2, 256]], numpy.uint16),
    "UINT32": numpy.array([[0, 2**32 - 1, 2**31], [1, 2, 65536]], numpy.uint32),
    "UINT64": numpy.array([[0, 2**64 - 1, 2**63], [1, 2, 2**53 + 1]], numpy.uint64),
    "FP16": numpy.array([[65504, 6e-8, -0.0], [1, -1, numpy.inf]], numpy.float16),
    "BF16": BRAIN.view(ml_dtypes.bfloat16),
    "FP32": numpy.array([[3.4028235e38, 1e-45, -0.0], [0.1, -1, 16777217]], numpy.float32),
    "FP64": numpy.array([[1.7976931348623157e308, 5e-324, -0.0], [0.1, -1, 2**53 + 1]], numpy.float64),
    "BYTES": numpy.array(TEXTS, numpy.object_),
}
# What JSON has no form for.
NO_JSON = ("FP16", "BF16")

ELEMENTS = {
    "BOOL": TensorProto.BOOL, "FP16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16, "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE, "BYTES": TensorProto.STRING,
    **{kind: getattr(TensorProto, kind) for kind in ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")},
}


def identity(datatype):
    """The name of the model that answers with what it is asked."""
    return f"identity_{datatype.lower()}"


def same(got, sent):
    """Whether two tensors have the same bits."""
    if sent.dtype == numpy.object_:
        return [one if isinstance(one, bytes) else one.encode() for one in got.reshape(-1)] == list(sent.reshape(-1)) \
            and got.shape == sent.shape
    return got.dtype == sent.dtype and got.shape == sent.shape and got.tobytes() == sent.tobytes()


class Repository:
    def __init__(self, root):
        self.root = root

    def add(self, name, inputs, outputs, nodes, config="", **files):
        """Inputs and outputs are (name, element type, shape); nodes are those of an ONNX graph."""
        values = [[helper.make_tensor_value_info(*one) for one in side] for side in (inputs, outputs)]
        model = helper.make_model(helper.make_graph(nodes, name, *values),
                                  ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
        folder = self.root / name / "1"
        folder.mkdir(parents=True)
        save(model, folder / "model.onnx")
        if config:
            (self.root / name / "config.pbtxt").write_text(config)
        for file, content in files.items():
            (self.root / name / f"{file}.txt").write_text(content)
        return name

    def add_all(self):
        """Returns the names of those that the tests find loaded."""
        node, flat = helper.make_node, TensorProto.FLOAT
        names = [
            self.add(identity(datatype), [("x", element, [ROWS, COLUMNS])], [("y", element, [ROWS, COLUMNS])],
                     [node("Identity", ["x"], ["y"])])
            for datatype, element in ELEMENTS.items()
        ]
        whole = TensorProto.INT32
        names.append(self.add(
            "simple", [(name, whole, [ROWS, 16]) for name in ("INPUT0", "INPUT1")],
            [(name, whole, [ROWS, 16]) for name in ("OUTPUT0", "OUTPUT1")],
            [node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]), node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])],
            """
            platform: "onnxruntime_onnx"
            max_batch_size: 8
            input [ { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] }, { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] } ]
            output [ { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] }, { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] } ]
            dynamic_batching { priority_levels: 2 default_priority_level: 2 default_queue_policy { allow_timeout_override: true } }
            """))
        names.append(self.add(
            "sums", [("INPUT", whole, [ROWS, 1]), ("STATE", whole, [ROWS, 1])],
            [("OUTPUT", whole, [ROWS, 1]), ("STATE_OUT", whole, [ROWS, 1])],
            [node("Add", ["INPUT", "STATE"], ["OUTPUT"]), node("Identity", ["OUTPUT"], ["STATE_OUT"])],
            """
            max_batch_size: 4
            input { name: "INPUT" data_type: TYPE_INT32 dims: [ 1 ] }
            output { name: "OUTPUT" data_type: TYPE_INT32 dims: [ 1 ] }
            sequence_batching {
              max_sequence_idle_microseconds: 5000000
              state { input_name: "STATE" output_name: "STATE_OUT" data_type: TYPE_INT32 dims: [ 1 ]
                      initial_state { name: "zero" data_type: TYPE_INT32 dims: [ 1 ] zero_data: true } }
            }
            """))
        names.append(self.add(
            "animals", [("scores", flat, [ROWS, 3])], [("ranked", flat, [ROWS, 3])], [node("Identity", ["scores"], ["ranked"])],
            """
            max_batch_size: 8
            input { name: "scores" data_type: TYPE_FP32 dims: [ 3 ] }
            output { name: "ranked" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "animals.txt" }
            """, animals="cat\ndog\nowl\n"))
        names.append(self.add(
            "pairs", [("x", flat, [ROWS, 4])], [("doubled", flat, [ROWS, 4]), ("total", flat, [ROWS, 1])],
            [node("Add", ["x", "x"], ["doubled"]), node("Constant", [], ["axes"], value_ints=[1]),
             node("ReduceSum", ["x", "axes"], ["total"], keepdims=1)]))
        names.append(self.add(
            "mean", [("x", flat, [ROWS, 4])], [("y", flat, [ROWS, 1])],
            [node("Constant", [], ["axes"], value_ints=[1]), node("ReduceMean", ["x", "axes"], ["y"], keepdims=1)]))
        names.append(self.add_slow())
        self.add("spare", [("x", flat, [ROWS, 4])], [("y", flat, [ROWS, 4])], [node("Identity", ["x"], ["y"])])
        return names

    def add_slow(self):
        """Counts to `turns`, one request at a time and those of priority 1 first: about a million in a second."""
        count = TensorProto.INT64
        scalar = [helper.make_tensor_value_info(*one) for one in (
            ("turn", count, []), ("go_on", TensorProto.BOOL, []), ("before", count, []), ("after", count, []), ("still", TensorProto.BOOL, []))]
        node = helper.make_node
        body = helper.make_graph(
            [node("Add", ["before", "one"], ["after"]), node("Identity", ["go_on"], ["still"])], "body",
            scalar[:3], [scalar[4], scalar[3]], [helper.make_tensor("one", count, [], [1])])
        return self.add(
            "slow", [("turns", count, [ROWS, 1])], [("counted", count, [ROWS, 1])],
            [node("ReduceMax", ["turns"], ["most"], keepdims=0), node("Constant", [], ["zero"], value_int=0),
             node("Constant", [], ["yes"], value=helper.make_tensor("yes", TensorProto.BOOL, [], [True])),
             node("Loop", ["most", "yes", "zero"], ["total"], body=body),
             node("Sub", ["turns", "turns"], ["none"]), node("Add", ["none", "total"], ["counted"])],
            """
            max_batch_size: 1
            input { name: "turns" data_type: TYPE_INT64 dims: [ 1 ] }
            output { name: "counted" data_type: TYPE_INT64 dims: [ 1 ] }
            instance_group { count: 1 kind: KIND_CPU }
            dynamic_batching { priority_levels: 2 default_priority_level: 2 default_queue_policy { allow_timeout_override: true } }
            """)
