using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Grid.Silo.Clustering;

/// <summary>
/// Any text as one legal segment of an object's name: letters, digits, '-' and inner dots stay, every other byte of its UTF-8 form is <c>_</c> and two hexadecimal
/// digits. A text that would be too long keeps its beginning, and ends in <c>__</c>, which nothing else makes, and its SHA-256.
/// </summary>
internal static class ObjectSegment
{
    /// <summary>Longest segment that this makes; object stores allow 180, an extension included.</summary>
    public const int LengthMax = 160;

    private const int HashLength = 2 * SHA256.HashSizeInBytes;
    private const string HashMark = "__";

    public static string Encode(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var bytes = Encoding.UTF8.GetBytes(text);
        var segment = new StringBuilder(Math.Min(bytes.Length, LengthMax));
        for (var i = 0; i < bytes.Length && segment.Length <= LengthMax; i++)
        {
            var value = bytes[i];
            if (char.IsAsciiLetterOrDigit((char)value) || value == '-' || (value == '.' && i > 0 && i < bytes.Length - 1))
                segment.Append((char)value);
            else
                segment.Append('_').Append(value.ToString("x2", CultureInfo.InvariantCulture));
        }

        if (segment.Length <= LengthMax)
            return segment.ToString();
        segment.Length = LengthMax - HashLength - HashMark.Length;
        return segment.Append(HashMark).Append(Convert.ToHexStringLower(SHA256.HashData(bytes))).ToString();
    }
}
