using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>File names of a log's folder: the base offset in 20 digits, and <c>.arrow</c>, <c>.arrow.new</c> or <c>.arrow.only</c>, see <see cref="SegmentPlace"/>.</summary>
internal static class SegmentName
{
    private const int Digits = 20;
    private static readonly string[] Suffixes = [".arrow", ".arrow.new", ".arrow.only"];

    public static string Of(LogOffset baseOffset, SegmentPlace place = SegmentPlace.Final) => baseOffset.Value.ToString("D20", CultureInfo.InvariantCulture) + Suffixes[(int)place];

    /// <summary>Reads a name; false for a file that is not the log's.</summary>
    public static bool TryParse(string name, out LogOffset baseOffset, out SegmentPlace place)
    {
        baseOffset = default;
        place = default;
        if (name.Length < Digits)
            return false;
        var suffix = Array.IndexOf(Suffixes, name[Digits..]);
        if (suffix < 0 || !long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        (baseOffset, place) = (new LogOffset(value), (SegmentPlace)suffix);
        return true;
    }
}
