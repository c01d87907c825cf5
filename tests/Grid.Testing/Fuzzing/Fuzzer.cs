using Grid.Abstractions;

namespace Grid.Testing.Fuzzing;

/// <summary>
/// Gives a decoder one damaged input after another. Each must be read or refused with one of the codes that the decoder promises; anything else that is
/// thrown, and memory beyond the limit, ends the run with the seed that repeats it.
/// </summary>
public static class Fuzzer
{
    /// <summary>Most bytes one input may allocate, its making included, where the test says nothing else.</summary>
    private const long AllocatedBytesMax = 16 * 1024 * 1024;

    /// <summary>Runs the fuzzer on this thread.</summary>
    /// <param name="inputs">How many inputs, when GRID_FUZZ_INPUTS does not say.</param>
    /// <param name="refusals">The codes of a clear refusal.</param>
    /// <param name="read">Makes and reads the input of that number.</param>
    /// <param name="allocatedBytesMax">Most bytes that one input may allocate.</param>
    /// <returns>Inputs and how many of them were refused: a mutation that everything refuses tests only the first check.</returns>
    public static (int Inputs, int Refused) Run(int inputs, GridErrorCode[] refusals, Action<int, Random> read, long allocatedBytesMax = AllocatedBytesMax)
    {
        inputs = FuzzSettings.Inputs(inputs);
        var random = new Random(FuzzSettings.Seed);
        var refused = 0;
        for (var input = 0; input < inputs; input++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(input, random);
            }
            catch (GridException refusal) when (refusals.Contains(refusal.Code))
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Input {input}, {FuzzSettings.Repeat(inputs)}: {e.Message}", e);
            }

            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (taken > allocatedBytesMax)
                throw new InvalidOperationException($"Input {input}, {FuzzSettings.Repeat(inputs)}: {taken} bytes were allocated; at most {allocatedBytesMax} are allowed.");
        }

        return refused > 0 && refused < inputs
            ? (inputs, refused)
            : throw new InvalidOperationException($"{refused} of {inputs} inputs were refused: all or none means that nothing was tested ({FuzzSettings.Repeat(inputs)}).");
    }
}
