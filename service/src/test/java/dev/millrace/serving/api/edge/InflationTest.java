package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class InflationTest {
  private final EventLoop loop = new DefaultEventLoop();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private volatile boolean gone;
  private final CompletableFuture<String> outcome = new CompletableFuture<>();
  private final ByteBuf body =
      ContentCoding.GZIP.deflate(
          Unpooled.copiedBuffer("x".repeat(9_000), StandardCharsets.UTF_8), allocator);

  @AfterEach
  void nothingIsLeftOver() throws InterruptedException {
    body.release();
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    assertThat(body.refCnt()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  @Test
  void leavesTheLoopFreeUntilTheBodyIsInflated() throws Exception {
    var inLoop = new CompletableFuture<Thread>();
    loop.submit(
            () -> {
              start(
                  9_000,
                  inflated -> {
                    inLoop.complete(Thread.currentThread());
                    outcome.complete(inflated.readableBytes() + " bytes");
                  });
              assertThat(outcome).as("read before the loop was free").isNotDone();
              return Thread.currentThread();
            })
        .get();
    assertThat(outcome.get()).isEqualTo("9000 bytes");
    assertThat(loop.inEventLoop(inLoop.get())).isTrue();
  }

  @Test
  void refusesABodyOverTheLimit() throws Exception {
    start(8_999, _ -> outcome.complete("read"));
    assertThat(outcome.get()).startsWith("TooLarge").contains("limit of 8999 bytes");
  }

  @Test
  void answersWhenTheReaderBreaks() throws Exception {
    start(
        9_000,
        _ -> {
          throw new StackOverflowError();
        });
    assertThat(outcome.get()).isEqualTo("Broken[message=The request could not be handled.]");
  }

  @Test
  void doesNothingForAClientThatHasGone() throws Exception {
    gone = true;
    start(9_000, _ -> outcome.complete("read"));
    assertThat(outcome.get()).startsWith("Cancelled").contains("left before its body was");
  }

  @Test
  void givesTheMemoryBackWhenTheServerHasStopped() throws Exception {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    start(9_000, _ -> outcome.complete("read"));
    await().untilAsserted(() -> assertThat(body.refCnt()).isOne());
    await()
        .untilAsserted(
            () -> assertThat(allocator.metric().usedDirectMemory()).isEqualTo(body.capacity()));
    assertThat(outcome).isNotDone();
  }

  private void start(int limitBytes, Consumer<ByteBuf> reader) {
    new Inflation(limitBytes)
        .start(ContentCoding.GZIP, body, new Exchange(), reader, this::refused);
  }

  private void refused(InferenceFailure failure) {
    assertThat(loop.inEventLoop()).isTrue();
    outcome.complete(failure.toString());
  }

  private final class Exchange implements FastExchange {
    @Override
    public EventLoop loop() {
      return loop;
    }

    @Override
    public ByteBufAllocator allocator() {
      return allocator;
    }

    @Override
    public boolean gone() {
      return gone;
    }

    @Override
    public void hold(long bytes) {}

    @Override
    public void reply(FullHttpResponse response) {
      throw new AssertionError("The reader and the refusal reply");
    }
  }
}
