using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>
/// File names of a log's folder: the base offset in 20 digits and <c>.arrow</c>; <c>.arrow.new</c> while the segment before it is not sealed durably, see <see cref="BucketLog"/>.
/// </summary>
internal static class SegmentName
{
    private const string Suffix = ".arrow";
    private const string PendingSuffix = ".arrow.new";
    private const int Digits = 20;

    public static string Of(LogOffset baseOffset) => baseOffset.Value.ToString("D20", CultureInfo.InvariantCulture) + Suffix;

    public static string PendingOf(LogOffset baseOffset) => baseOffset.Value.ToString("D20", CultureInfo.InvariantCulture) + PendingSuffix;

    /// <summary>Reads a name; false for a file that is not the log's.</summary>
    public static bool TryParse(string name, out LogOffset baseOffset, out bool pending)
    {
        baseOffset = default;
        pending = name.EndsWith(PendingSuffix, StringComparison.Ordinal);
        if (name.Length != Digits + (pending ? PendingSuffix : Suffix).Length || (!pending && !name.EndsWith(Suffix, StringComparison.Ordinal)))
            return false;
        if (!long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        baseOffset = new LogOffset(value);
        return true;
    }
}
