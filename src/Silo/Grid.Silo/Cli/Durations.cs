using System.Globalization;

namespace Grid.Silo.Cli;

/// <summary>Lengths of time and numbers of bytes as people write them: <c>7d</c>, <c>90m</c>, <c>256MiB</c>.</summary>
internal static class Durations
{
    private static readonly (string Unit, long Factor)[] TimeUnits = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    private static readonly (string Unit, long Factor)[] ByteUnits = [("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40), ("b", 1)];

    public static long ParseMs(string option, string text) => Parse(option, text, TimeUnits, "a length of time such as 7d, 12h, 30m, 90s, 500ms, or 0");

    public static long ParseBytes(string option, string text) => Parse(option, text, ByteUnits, "a number of bytes such as 256MiB, 10GiB, 65536, or 0");

    private static long Parse(string option, string text, (string Unit, long Factor)[] units, string legal)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var plain) && (plain == 0 || units == ByteUnits))
            return plain;
        foreach (var (unit, factor) in units)
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                && value <= long.MaxValue / factor)
                return value * factor;
        throw new UsageException($"{option} is '{text}'; write {legal}.");
    }
}
