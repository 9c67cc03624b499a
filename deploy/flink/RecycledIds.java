package onrecord.flink;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.beam.sdk.fn.IdGenerator;

/**
 * Numbers for what a splittable DoFn leaves for later, which come again after a while.
 *
 * <p>Beam's Flink runner before 2.76 keeps each such rest in a state of its own, called by a number that is never used again, and Flink
 * keeps a state's description for ever: 2 kB for each turn of the Pub/Sub source (https://github.com/apache/beam/issues/27648). A rest
 * waits for seconds, and its state is found by what it is the rest of as well, so numbers may come again.
 */
public final class RecycledIds {
  /** More than the rests that wait at any one time. */
  private static final long NUMBERS = 100;

  private RecycledIds() {}

  /** Called in place of the method of this name of Beam's IdGenerators. */
  public static IdGenerator incrementingLongs() {
    AtomicLong next = new AtomicLong();
    return () -> Long.toString(next.getAndIncrement() % NUMBERS);
  }
}
