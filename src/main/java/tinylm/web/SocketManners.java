package tinylm.web;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Ends a socket as RFC 6455 says, where Vert.x would cut it off without a word: frames that are too long, broken,
/// binary or no UTF-8. Also closes sockets on which nobody speaks, and those whose other end is gone.
///
/// Sits right before Vert.x in the connection's pipeline, behind the frame decoder; lives on its event loop.
final class SocketManners extends ChannelDuplexHandler {

    static final String NAME = "socket-manners";
    /// How long a client has to answer a close before the connection is cut.
    private static final long SECONDS_TO_ANSWER = 2;

    private final int longestMessage;
    private final Duration idleTime;
    private final Duration silence;
    private final LongSupplier nanoTime;
    private long lastSaid;
    private long lastSign;
    private long messageBytes;
    /// Vert.x loses a message whose first fragment is empty, so it hears of the first one that is not.
    private boolean beginsEmpty;
    private Optional<PingWebSocketFrame> unanswered = Optional.empty();
    private State state = State.OPEN;
    private Future<?> ticking;

    private enum State {
        OPEN,
        /// Our close frame is out; whatever else arrives is dropped.
        CLOSING
    }

    /// @param longestMessage in bytes, fragments together
    /// @param silence how long a client may be without any sign of life, pongs among them
    SocketManners(int longestMessage, Duration idleTime, Duration silence, LongSupplier nanoTime) {
        this.longestMessage = longestMessage;
        this.idleTime = idleTime;
        this.silence = silence;
        this.nanoTime = nanoTime;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        lastSaid = nanoTime.getAsLong();
        lastSign = lastSaid;
        long tick = Math.max(1, Math.min(idleTime.toMillis(), silence.toMillis()) / 3);
        ticking = context.executor().scheduleAtFixedRate(() -> look(context), tick, tick, TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        ticking.cancel(false);
        keep(Optional.empty());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        lastSign = nanoTime.getAsLong();
        switch (message) {
            case WebSocketFrame frame
            when state == State.CLOSING -> {
                boolean answered = frame instanceof CloseWebSocketFrame;
                frame.release();
                if (answered) {
                    context.close();
                }
            }
            case BinaryWebSocketFrame frame -> {
                frame.release();
                end(context, WebSocketCloseStatus.INVALID_MESSAGE_TYPE, "Messages must be text, not binary.");
            }
            // pongs to a client that does not read them would pile up: it gets the last one alone (RFC 6455, 5.5.3)
            case PingWebSocketFrame ping when !context.channel().isWritable() -> keep(Optional.of(ping));
            case PingWebSocketFrame ping -> {
                keep(Optional.empty());
                super.channelRead(context, ping);
            }
            case TextWebSocketFrame frame -> hear(context, frame);
            case ContinuationWebSocketFrame frame -> hear(context, frame);
            default -> super.channelRead(context, message);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        if (context.channel().isWritable() && unanswered.isPresent()) {
            var ping = unanswered.get();
            unanswered = Optional.empty();
            context.fireChannelRead(ping);
            context.fireChannelReadComplete(); // only then Vert.x flushes
        }
        super.channelWritabilityChanged(context);
    }

    private void keep(Optional<PingWebSocketFrame> latest) {
        unanswered.ifPresent(PingWebSocketFrame::release);
        unanswered = latest;
    }

    private void hear(ChannelHandlerContext context, WebSocketFrame frame) throws Exception {
        lastSaid = nanoTime.getAsLong();
        messageBytes += frame.content().readableBytes();
        if (messageBytes > longestMessage) {
            frame.release();
            end(context, WebSocketCloseStatus.MESSAGE_TOO_BIG, tooLong());
            return;
        }
        boolean first = frame instanceof TextWebSocketFrame || beginsEmpty;
        beginsEmpty = first && !frame.isFinalFragment() && messageBytes == 0;
        if (frame.isFinalFragment()) {
            messageBytes = 0;
        }
        if (beginsEmpty) {
            frame.release();
        } else if (first) {
            super.channelRead(context, new TextWebSocketFrame(frame.isFinalFragment(), frame.rsv(), frame.content()));
        } else {
            super.channelRead(context, frame);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (!(cause instanceof CorruptedWebSocketFrameException broken)) {
            super.exceptionCaught(context, cause);
        } else if (state == State.OPEN) {
            var status = broken.closeStatus();
            end(
                    context,
                    status,
                    switch (status.code()) {
                        case 1007 -> "Text must be UTF-8.";
                        case 1009 -> tooLong();
                        default -> "That was no frame of a WebSocket: " + broken.getMessage();
                    });
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (state == State.CLOSING) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new ClosedChannelException());
            return;
        }
        if (message instanceof TextWebSocketFrame) {
            lastSaid = nanoTime.getAsLong();
        }
        super.write(context, message, promise);
    }

    /// Vert.x would cut the connection as soon as it knows; then the client might lose our close frame.
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
        if (state == State.OPEN) {
            super.close(context, promise);
        } else {
            context.channel().closeFuture().addListener(closed -> promise.trySuccess());
        }
    }

    private void look(ChannelHandlerContext context) {
        long now = nanoTime.getAsLong();
        if (state == State.OPEN && now - lastSign > silence.toNanos()) {
            context.close();
        } else if (state == State.OPEN && now - lastSaid >= idleTime.toNanos()) {
            end(
                    context,
                    WebSocketCloseStatus.NORMAL_CLOSURE,
                    "Nothing was said for " + inWords(idleTime) + "; please connect again.");
        }
    }

    private void end(ChannelHandlerContext context, WebSocketCloseStatus status, String sentence) {
        var reason = sentence.length() > 120 ? sentence.substring(0, 120) : sentence; // 123 bytes fit a close frame
        context.writeAndFlush(new CloseWebSocketFrame(status.code(), reason));
        state = State.CLOSING;
        // as if the client had closed, so that whatever runs for it stops now
        context.fireChannelRead(new CloseWebSocketFrame(status.code(), reason));
        context.executor().schedule(() -> context.close(), SECONDS_TO_ANSWER, TimeUnit.SECONDS);
    }

    private String tooLong() {
        return "A message may have at most " + longestMessage + " bytes.";
    }

    private static String inWords(Duration time) {
        return time.toSeconds() % 60 == 0 ? time.toMinutes() + " min" : time.toSeconds() + " s";
    }
}
