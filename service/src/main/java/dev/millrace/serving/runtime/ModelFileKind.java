package dev.millrace.serving.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipInputStream;

/**
 * What a model file is by its content; everything known here is not ONNX and must not be opened.
 */
public enum ModelFileKind {
  /** None of the others: perhaps ONNX, whose files have no mark at their start. */
  UNMARKED("", ""),
  EMPTY("empty", "Copy the file again"),
  GIT_LFS_POINTER("a Git LFS pointer, not the model itself", "Fetch the model with 'git lfs pull'"),
  PICKLE(
      "a Python pickle, which can run code when it is opened",
      "Convert scikit-learn models with skl2onnx, PyTorch models with torch.onnx.export"),
  TORCHSCRIPT("a TorchScript archive", "Convert it in Python with torch.onnx.export"),
  TORCH_WEIGHTS(
      "a PyTorch checkpoint (a zip with a pickle inside)",
      "Load it into its model in Python and convert that with torch.onnx.export"),
  KERAS(
      "a Keras or HDF5 file",
      "Convert it in Python with tf2onnx, or with model.export(format='onnx')"),
  ZIP("a zip archive", "Unpack it and serve the model.onnx in it"),
  GZIP("a gzip archive", "Unpack it and serve the model.onnx in it"),
  TFLITE("a TensorFlow Lite model", "Convert it with tf2onnx --tflite"),
  SAFETENSORS(
      "a safetensors file, which holds weights without a model",
      "Load it into its model in Python and convert that with torch.onnx.export"),
  GGUF("a GGUF model", "Serve it with llama.cpp, or export the original model to ONNX"),
  ORT("a model in ONNX Runtime's own ORT format", "Serve the ONNX file that it was made from"),
  JSON("JSON", "Convert XGBoost models with onnxmltools");

  private static final int HEAD_BYTES = 64;
  private static final int ZIP_ENTRIES_LOOKED_AT = 512;
  private static final String GIT_LFS_MARK = "version https://git-lfs";

  private final String description;
  private final String wayOut;

  ModelFileKind(String description, String wayOut) {
    this.description = description;
    this.wayOut = wayOut;
  }

  /** Why Millrace does not open a file of this kind, and what to do. */
  public String refusal(Path file) {
    return "'%s' is %s; Millrace serves ONNX models, which hold no code. %s."
        .formatted(file.getFileName(), description, wayOut);
  }

  /** Looks at the start of the file, and at the names inside a zip. */
  public static ModelFileKind of(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(HEAD_BYTES);
      var kind = ofHead(head);
      return kind == ZIP ? ofZip(file) : kind;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelFileKind ofHead(byte[] head) {
    var text = new String(head, StandardCharsets.ISO_8859_1);
    if (head.length == 0) {
      return EMPTY;
    } else if (text.startsWith(GIT_LFS_MARK)) {
      return GIT_LFS_POINTER;
    } else if (text.startsWith("PK\u0003\u0004")) {
      return ZIP;
    } else if (head.length > 1 && (head[0] & 0xff) == 0x80 && head[1] >= 2 && head[1] <= 5) {
      return PICKLE;
    }
    return ofLaterMark(head, text);
  }

  private static ModelFileKind ofLaterMark(byte[] head, String text) {
    if (text.startsWith("\u0089HDF")) {
      return KERAS;
    } else if (text.startsWith("\u001f\u008b")) {
      return GZIP;
    } else if (text.startsWith("GGUF")) {
      return GGUF;
    } else if (text.startsWith("TFL3", 4)) {
      return TFLITE;
    } else if (text.startsWith("ORTM", 4)) {
      return ORT;
    } else if (isSafetensors(head)) {
      return SAFETENSORS;
    }
    return text.stripLeading().startsWith("{") ? JSON : UNMARKED;
  }

  private static boolean isSafetensors(byte[] head) {
    if (head.length < 10 || head[8] != '{') {
      return false;
    }
    long headerBytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return headerBytes > 1 && headerBytes < 1L << 32;
  }

  private static ModelFileKind ofZip(Path file) throws IOException {
    var kind = ZIP;
    try (InputStream in = Files.newInputStream(file);
        var zip = new ZipInputStream(in)) {
      for (int i = 0; i < ZIP_ENTRIES_LOOKED_AT; i++) {
        var entry = zip.getNextEntry();
        if (entry == null) {
          break;
        }
        var found = ofZipEntry(entry.getName());
        if (found == TORCHSCRIPT || found == KERAS) {
          return found;
        }
        kind = found == ZIP ? kind : found;
      }
    }
    return kind;
  }

  private static ModelFileKind ofZipEntry(String name) {
    if (name.endsWith("/constants.pkl") || name.contains("/code/")) {
      return TORCHSCRIPT;
    } else if (name.equals("model.weights.h5")) {
      return KERAS;
    }
    return name.endsWith("data.pkl") ? TORCH_WEIGHTS : ZIP;
  }
}
