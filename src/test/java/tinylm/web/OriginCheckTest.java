package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginCheckTest {

    @ParameterizedTest
    @CsvSource({
        "http://localhost:8080, http://localhost:8080, true",
        "http://LOCALHOST:8080, http://localhost:8080, true",
        "http://example.org, http://example.org:80, true",
        "https://example.org:443, https://example.org, true",
        "http://[::1]:8080, http://[::1]:8080, true",
        "http://localhost:8081, http://localhost:8080, false",
        "https://localhost:8080, http://localhost:8080, false",
        "http://evil.example, http://localhost:8080, false",
        "http://localhost.evil.example:8080, http://localhost:8080, false",
        "http://localhost:8080@evil.example, http://localhost:8080, false",
        "null, http://localhost:8080, false",
        "'', http://localhost:8080, false",
        "file://, http://localhost:8080, false",
        "http://localhost:8080, http://null, false",
        "http://a b, http://a b, false"
    })
    void an_origin_is_our_own_if_scheme_host_and_port_are(String origin, String own, boolean same) {
        assertEquals(same, OriginCheck.isSame(origin, own));
    }
}
