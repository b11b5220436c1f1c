package tinylm.model;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// MKL, which multiplies libtorch's matrices, asks `mkl_serv_intel_cpu_true` before it asks what the processor can do,
/// and leaves AVX-512 alone on those of other makers: half the speed on AMD's Zen 4 and 5. [#useAvx512] lets that
/// function say yes in this process, as others do by preloading a library with a function of this name; MKL then goes
/// by the processor's feature bits, as on Intel's. Where anything is not as expected, all stays as it was.
///
/// `TINYLM_MKL=unchanged` in the environment leaves MKL alone.
final class MatrixKernels {

    private static final System.Logger LOG = System.getLogger(MatrixKernels.class.getName());
    private static final List<String> NEEDED = List.of("avx512f", "avx512cd", "avx512dq", "avx512bw", "avx512vl");
    private static final byte[] RETURN_ONE = {(byte) 0xb8, 1, 0, 0, 0, (byte) 0xc3}; // mov eax, 1; ret
    private static final int READ_EXECUTE = 1 | 4;
    private static final int READ_WRITE_EXECUTE = 1 | 2 | 4;
    private static final long PAGE = 4096; // of every x86-64

    private static boolean asked;
    private static boolean lifted;

    private MatrixKernels() {}

    /// To be called when the engine's libraries are loaded and nothing was multiplied yet; later calls only tell again.
    ///
    /// @return whether MKL was told
    static synchronized boolean useAvx512() {
        if (!asked) {
            asked = true;
            try {
                lifted = !"unchanged".equals(System.getenv("TINYLM_MKL")) && isAmdWithAvx512() && answerYes();
            } catch (Throwable e) { // a method handle may throw anything
                LOG.log(System.Logger.Level.DEBUG, "MKL goes without AVX-512", e);
            }
        }
        return lifted;
    }

    static boolean isAmdWithAvx512() throws IOException {
        Path cpus = Path.of("/proc/cpuinfo");
        if (!System.getProperty("os.arch").equals("amd64") || !Files.exists(cpus)) {
            return false;
        }
        List<String> lines = Files.readAllLines(cpus);
        return lines.stream().anyMatch(line -> line.startsWith("vendor_id") && line.endsWith("AuthenticAMD"))
                && lines.stream()
                        .filter(line -> line.startsWith("flags"))
                        .allMatch(line -> Arrays.asList(line.split("\\s+")).containsAll(NEEDED));
    }

    /// `int mkl_serv_intel_cpu_true(void)`, in the library that the engine has loaded.
    static MemorySegment question() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            Path library = Path.of(maps.filter(line -> line.endsWith("/libtorch_cpu.so"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf('/')))
                    .orElseThrow());
            return SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow("mkl_serv_intel_cpu_true");
        }
    }

    /// Writes six bytes over the function's first. The change is this process' own; the file stays as it is.
    private static boolean answerYes() throws Throwable {
        MemorySegment code = question().reinterpret(RETURN_ONE.length);
        long from = code.address() / PAGE * PAGE;
        long length = code.address() + RETURN_ONE.length - from;
        var protect = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("mprotect"),
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        if ((int) protect.invokeExact(MemorySegment.ofAddress(from), length, READ_WRITE_EXECUTE) != 0) {
            return false;
        }
        MemorySegment.copy(RETURN_ONE, 0, code, JAVA_BYTE, 0, RETURN_ONE.length);
        int _ = (int) protect.invokeExact(MemorySegment.ofAddress(from), length, READ_EXECUTE);
        return true;
    }
}
