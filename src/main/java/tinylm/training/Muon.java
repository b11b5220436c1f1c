package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tinylm.model.Torch;

/// Momentum, orthogonalized by five Newton-Schulz iterations (Jordan 2024, "Muon: An optimizer for hidden layers"),
/// with the update scaled to AdamW's size by 0.2 sqrt(max(rows, columns)) and weight decay (Liu et al. 2025). For
/// the hidden matrices; the joined query-key-value matrix counts as its three squares.
///
/// Matrices of one shape are worked on together, as one (n, rows, columns) array.
final class Muon implements Optimizer {

    private static final double MOMENTUM = 0.95;

    private final NDManager manager;
    private final Map<String, NDArray> parameters;
    private final Map<String, NDArray> state = new LinkedHashMap<>();
    private final double learningRate;
    private final double weightDecay;

    Muon(NDManager parent, Map<String, NDArray> parameters, double learningRate, double weightDecay) {
        this.manager = parent.newSubManager();
        this.parameters = parameters;
        this.learningRate = learningRate;
        this.weightDecay = weightDecay;
        parameters.forEach((name, parameter) -> state.put("momentum." + name, manager.zeros(parameter.getShape())));
    }

    @Override
    public void update(NDManager work, Map<String, NDArray> gradients, long step, double share) {
        double rate = learningRate * share;
        NDArray keep = Torch.scalar(work, MOMENTUM);
        NDArray decay = Torch.scalar(work, 1 - rate * weightDecay);
        Map<Shape, List<Piece>> groups = new LinkedHashMap<>();
        parameters.forEach((name, parameter) -> {
            NDArray momentum = state.get("momentum." + name);
            momentum.muli(keep).addi(gradients.get(name));
            NDArray ahead = momentum.mul(keep); // Nesterov
            ahead.attach(work);
            for (Piece piece : pieces(parameter, ahead.addi(gradients.get(name)))) {
                groups.computeIfAbsent(piece.direction().getShape(), _ -> new ArrayList<>())
                        .add(piece);
            }
        });
        groups.forEach((shape, pieces) -> {
            NDList directions = new NDList(pieces.stream().map(Piece::direction).toList());
            NDArray x = orthogonalize(NDArrays.stack(directions)); // (n, rows, columns)
            x.muli(Torch.scalar(work, rate * 0.2 * Math.sqrt(Math.max(shape.get(0), shape.get(1)))));
            for (int i = 0; i < pieces.size(); i++) {
                pieces.get(i).target().muli(decay).subi(x.get(i));
            }
        });
    }

    /// A matrix as views of the pieces to orthogonalize, none with more rows than columns.
    private static List<Piece> pieces(NDArray parameter, NDArray direction) {
        long rows = parameter.getShape().get(0);
        long columns = parameter.getShape().get(1);
        List<Piece> pieces = new ArrayList<>();
        if (columns == 3 * rows) {
            for (int i = 0; i < 3; i++) {
                NDArray target = Torch.slice(parameter, 1, i * rows, (i + 1) * rows);
                pieces.add(new Piece(target, Torch.slice(direction, 1, i * rows, (i + 1) * rows)));
            }
        } else if (rows > columns) {
            pieces.add(new Piece(parameter.transpose(), direction.transpose()));
        } else {
            pieces.add(new Piece(Torch.slice(parameter, 0, 0, rows), direction));
        }
        pieces.forEach(piece -> piece.target().attach(direction.getManager()));
        return pieces;
    }

    /// Drives the singular values of each matrix of (n, rows, columns) towards 1, five times
    /// X = a X + (b S + c S S) X with S = X X'.
    static NDArray orthogonalize(NDArray x) {
        NDManager work = x.getManager();
        NDArray a = Torch.scalar(work, 3.4445);
        NDArray b = Torch.scalar(work, -4.7750);
        NDArray c = Torch.scalar(work, 2.0315);
        x = x.div(x.square().sum(new int[] {1, 2}, true).sqrt().addi(Torch.scalar(work, 1e-7)));
        for (int i = 0; i < 5; i++) {
            NDArray s = x.matMul(x.transpose(0, 2, 1)); // (n, rows, rows)
            NDArray polynomial = s.matMul(s).muli(c).addi(s.muli(b));
            x = polynomial.matMul(x).addi(x.muli(a)); // (n, rows, columns)
        }
        return x;
    }

    @Override
    public Map<String, NDArray> state() {
        return state;
    }

    @Override
    public void close() {
        manager.close();
    }

    private record Piece(NDArray target, NDArray direction) {}
}
