package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The clock is the test's: time passes only when it says so.
class SocketMannersTest {

    private static final Duration IDLE = Duration.ofMinutes(15);
    private static final Duration SILENCE = Duration.ofSeconds(90);

    private long nanos;
    private final EmbeddedChannel channel = new EmbeddedChannel();

    SocketMannersTest() {
        channel.freezeTime();
        channel.pipeline().addLast(new SocketManners(10, IDLE, SILENCE, () -> nanos));
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void a_socket_on_which_nothing_is_said_is_closed_with_a_sentence() {
        pass(IDLE.minusSeconds(30));
        assertNull(channel.readOutbound());
        pass(Duration.ofSeconds(30));
        var close = assertInstanceOf(CloseWebSocketFrame.class, channel.readOutbound());
        assertEquals(1000, close.statusCode());
        assertEquals("Nothing was said for 15 min; please connect again.", close.reasonText());
        close.release();
        assertInstanceOf(CloseWebSocketFrame.class, channel.readInbound(), "the session is told at once")
                .release();
        assertTrue(channel.isOpen(), "a client has time to answer");
        channel.writeInbound(new CloseWebSocketFrame(1000, ""));
        assertFalse(channel.isOpen());
    }

    @Test
    void what_either_side_says_keeps_a_socket_open_and_pings_do_not() {
        for (int i = 0; i < 4; i++) {
            pass(Duration.ofMinutes(10));
            channel.writeInbound(new TextWebSocketFrame("hello"));
            channel.<WebSocketFrame>readInbound().release();
            pass(Duration.ofMinutes(10));
            channel.writeOutbound(new TextWebSocketFrame("world"));
            channel.<WebSocketFrame>readOutbound().release();
        }
        pass(IDLE);
        assertInstanceOf(CloseWebSocketFrame.class, channel.readOutbound()).release();
    }

    @Test
    void a_client_that_gives_no_sign_of_life_is_cut_off() {
        advance(SILENCE.plusSeconds(31));
        assertFalse(channel.isOpen());
        assertNull(channel.readOutbound());
    }

    @Test
    void a_client_that_never_answers_a_close_is_cut_off() {
        channel.writeInbound(new TextWebSocketFrame("far too long a message"));
        assertTrue(channel.isOpen());
        advance(Duration.ofSeconds(2));
        assertFalse(channel.isOpen());
    }

    @Test
    void fragments_together_may_be_no_longer_than_one_message() {
        channel.writeInbound(
                new TextWebSocketFrame(false, 0, "12345"), new ContinuationWebSocketFrame(true, 0, "67890"));
        channel.<WebSocketFrame>readInbound().release();
        channel.<WebSocketFrame>readInbound().release();
        channel.writeInbound(
                new TextWebSocketFrame(false, 0, "12345"), new ContinuationWebSocketFrame(true, 0, "678901"));
        var close = assertInstanceOf(CloseWebSocketFrame.class, channel.readOutbound());
        assertEquals(1009, close.statusCode());
        assertEquals("A message may have at most 10 bytes.", close.reasonText());
        close.release();
    }

    @Test
    void after_our_close_nothing_is_sent_or_heard_any_more() {
        channel.writeInbound(new TextWebSocketFrame("far too long a message"));
        assertInstanceOf(CloseWebSocketFrame.class, channel.readOutbound()).release();
        assertInstanceOf(CloseWebSocketFrame.class, channel.readInbound()).release();
        assertFalse(channel.write(new TextWebSocketFrame("late")).isSuccess());
        channel.flush();
        channel.writeInbound(new TextWebSocketFrame("late"), new PingWebSocketFrame());
        assertNull(channel.readOutbound());
        assertNull(channel.readInbound());
    }

    @Test
    void a_flood_of_pings_that_nobody_reads_the_answers_of_is_dropped() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(10, 1000));
        channel.writeInbound(new PingWebSocketFrame());
        assertInstanceOf(PingWebSocketFrame.class, channel.readInbound()).release();
        channel.write(new TextWebSocketFrame(Unpooled.wrappedBuffer(new byte[2000])));
        assertFalse(channel.isWritable());
        for (int i = 0; i < 1000; i++) {
            channel.writeInbound(new PingWebSocketFrame());
        }
        assertNull(channel.readInbound());
    }

    /// Time in which the client answers pings.
    private void pass(Duration time) {
        for (var left = time; left.isPositive() && channel.isOpen(); left = left.minusSeconds(30)) {
            advance(left.compareTo(Duration.ofSeconds(30)) < 0 ? left : Duration.ofSeconds(30));
            channel.writeInbound(new PongWebSocketFrame());
            if (channel.inboundMessages().peek() instanceof PongWebSocketFrame) {
                channel.<WebSocketFrame>readInbound().release();
            }
        }
    }

    private void advance(Duration time) {
        for (long second = 0; second < time.toSeconds(); second++) {
            nanos += TimeUnit.SECONDS.toNanos(1);
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runPendingTasks();
        }
    }
}
