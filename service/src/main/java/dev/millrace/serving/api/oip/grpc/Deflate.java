package dev.millrace.serving.api.oip.grpc;

import io.grpc.Codec;
import io.grpc.CompressorRegistry;
import io.grpc.DecompressorRegistry;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** The compression that Triton's clients may ask for beside gzip, and that grpc-java lacks. */
final class Deflate implements Codec {
  @Override
  public String getMessageEncoding() {
    return "deflate";
  }

  @Override
  public OutputStream compress(OutputStream out) {
    return new DeflaterOutputStream(out);
  }

  // grpc-java holds what comes out against the limit for messages, so a small one cannot fill the
  // memory.
  @Override
  public InputStream decompress(InputStream in) {
    return new InflaterInputStream(in);
  }

  static DecompressorRegistry readers() {
    return DecompressorRegistry.getDefaultInstance().with(new Deflate(), true);
  }

  static CompressorRegistry writers() {
    var registry = CompressorRegistry.newEmptyInstance();
    registry.register(Codec.Identity.NONE);
    registry.register(new Codec.Gzip());
    registry.register(new Deflate());
    return registry;
  }
}
