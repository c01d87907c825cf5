using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace Grid.Simulation.Kit;

/// <summary>
/// Random numbers that depend on the seed alone (xoshiro256**, seeded by SplitMix64), on every platform. Each concern draws from a fork of its own: a draw more in one of them leaves
/// all others as they were, so a seed that failed stays the same run while the test around it changes.
/// </summary>
internal sealed class SimRandom
{
    private readonly ulong _seed;
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SimRandom(ulong seed)
    {
        _seed = seed;
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>Another source that depends on this one's seed and the name, not on what was drawn so far.</summary>
    public SimRandom Fork(string name) => new(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name), (long)_seed));

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="end"/> - 1.</summary>
    public int Next(int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(end);
        return (int)Math.BigMul(NextUInt64(), (ulong)end, out _);
    }

    /// <summary><paramref name="start"/> to <paramref name="end"/> - 1.</summary>
    public int Next(int start, int end) => start + Next(end - start);

    /// <summary>0 up to 1, without 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>A moment between the two, in steps of a microsecond.</summary>
    public TimeSpan Between(double minimumMs, double maximumMs) =>
        TimeSpan.FromMicroseconds(Math.Floor((minimumMs + (NextDouble() * (maximumMs - minimumMs))) * 1000));

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Some of the items in their order, at least one.</summary>
    public List<T> PickSome<T>(IReadOnlyList<T> items)
    {
        var some = items.Where(_ => Chance(0.5)).ToList();
        return some.Count > 0 ? some : [Pick(items)];
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
