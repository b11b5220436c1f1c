package tinylm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MatrixKernelsTest {

    @Test
    void mkl_goes_by_what_the_processor_can_do() throws Throwable {
        assumeTrue(MatrixKernels.isAmdWithAvx512());
        Torch.load(1);
        assertEquals(!"unchanged".equals(System.getenv("TINYLM_MKL")), Torch.isToldAvx512());
        var question = Linker.nativeLinker()
                .downcallHandle(MatrixKernels.question(), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        assertEquals(Torch.isToldAvx512() ? 1 : 0, (int) question.invokeExact());
    }
}
