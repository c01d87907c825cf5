using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Grid.Simulation.Kit;

/// <summary>
/// What happened, one line an event. The last lines are kept and printed with a seed that failed; <see cref="Hash"/> covers all of them, so that two runs of one seed
/// can be told to be the same.
/// </summary>
internal sealed class SimTrace(int linesMax)
{
    private readonly Queue<(TimeSpan Time, string Line)> _lines = new();
    private readonly XxHash3 _hash = new();

    /// <summary>Lines so far.</summary>
    public long Count { get; private set; }

    /// <summary>Of all lines and their times.</summary>
    public ulong Hash => _hash.GetCurrentHashAsUInt64();

    public void Add(TimeSpan time, string line)
    {
        Count++;
        var ticks = time.Ticks;
        _hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in ticks)));
        _hash.Append(MemoryMarshal.AsBytes(line.AsSpan()));
        if (_lines.Count == linesMax)
            _lines.Dequeue();
        _lines.Enqueue((time, line));
    }

    /// <summary>The kept lines, oldest first.</summary>
    public override string ToString()
    {
        var skipped = Count - _lines.Count;
        var lines = _lines.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Time.TotalMilliseconds,12:0.000} {entry.Line}"));
        return (skipped > 0 ? $"({skipped} earlier lines are not kept)\n" : "") + string.Join('\n', lines);
    }
}
