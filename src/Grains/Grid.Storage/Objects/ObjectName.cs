using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>
/// The rules for object names, and their form on disks that ignore case: a segment is written in lower case, followed by '^' and a
/// hexadecimal mask of the capitals where there are any (bit i: character i), so <c>Air.json</c> is <c>air.json^1</c>.
/// </summary>
internal static class ObjectName
{
    /// <summary>Longest name in characters.</summary>
    public const int LengthMax = 900;

    /// <summary>Longest segment: with its mask (a digit per 4 characters) it stays below the 255 bytes that file systems allow.</summary>
    public const int SegmentLengthMax = 180;

    private const char MaskMark = '^';

    /// <summary>Names that Windows keeps for devices, with any extension.</summary>
    private static readonly HashSet<string> Devices = new(StringComparer.Ordinal)
    {
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    };

    private const string DeviceMark = "~";

    /// <summary>Checks a whole name.</summary>
    public static void Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name))
            throw new GridException(GridErrorCode.InvalidName,
                $"'{name}' is not a legal object name; use 1 to {LengthMax} characters: segments of up to {SegmentLengthMax} ASCII letters, digits, '.', '_' or '-', joined by '/', none beginning or ending with '.'.");
    }

    /// <summary>True where <paramref name="name"/> is a whole name.</summary>
    public static bool IsName(string name)
    {
        var legal = name.Length is > 0 and <= LengthMax;
        foreach (var range in name.AsSpan().Split('/'))
            legal = legal && IsSegment(name.AsSpan(range));
        return legal;
    }

    /// <summary>Checks the beginning of a name; the empty one is legal.</summary>
    public static void RequirePrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var slash = prefix.LastIndexOf('/');
        if (slash >= 0)
            Require(prefix[..slash]);
        foreach (var character in prefix.AsSpan(slash + 1))
            if (!IsLegal(character))
                throw new GridException(GridErrorCode.InvalidName, $"'{prefix}' is not the beginning of an object name: '{character}' is not legal in one.");
    }

    /// <summary>A segment's name on disk.</summary>
    public static string EncodeSegment(ReadOnlySpan<char> segment)
    {
        var lower = segment.ToString().ToLowerInvariant();
        var mask = System.Numerics.BigInteger.Zero;
        for (var i = 0; i < segment.Length; i++)
            if (char.IsAsciiLetterUpper(segment[i]))
                mask |= System.Numerics.BigInteger.One << i;
        var dot = lower.IndexOf('.', StringComparison.Ordinal);
        var text = Devices.Contains(dot < 0 ? lower : lower[..dot]) ? DeviceMark + lower : lower;
        return mask.IsZero ? text : text + MaskMark + mask.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
    }

    /// <summary>Reads what <see cref="EncodeSegment"/> wrote; false for anything else that lies in the directory.</summary>
    public static bool TryDecodeSegment(string encoded, [NotNullWhen(true)] out string? segment)
    {
        segment = null;
        var mark = encoded.IndexOf(MaskMark, StringComparison.Ordinal);
        var lower = (mark < 0 ? encoded : encoded[..mark]).TrimStart(DeviceMark[0]).ToCharArray();
        if (!IsSegment(lower))
            return false;
        if (mark >= 0)
        {
            // The leading 0 keeps the number from being read as negative.
            if (!System.Numerics.BigInteger.TryParse("0" + encoded[(mark + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var mask))
                return false;
            for (var i = 0; i < lower.Length; i++)
                if (!(mask >> i).IsEven)
                    lower[i] = char.ToUpperInvariant(lower[i]);
        }

        segment = new string(lower);
        return EncodeSegment(segment) == encoded;
    }

    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.Length is 0 or > SegmentLengthMax || segment[0] == '.' || segment[^1] == '.')
            return false;
        foreach (var character in segment)
            if (!IsLegal(character))
                return false;
        return true;
    }

    private static bool IsLegal(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
