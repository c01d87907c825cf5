using System.Globalization;
using System.Security.Cryptography;

namespace Grid.Storage.Objects.Blobs;

/// <summary>
/// The nonces of an object's last writes, newest first, 16 hexadecimal digits each, joined by '.'. A writer whose answer was lost finds its own nonce
/// here if its write took effect, also under the writes of others on top; and if it finds the nonce of the version it meant to replace instead, it
/// knows that it did not. Empty: the blob was not written by Grid.
/// </summary>
internal readonly record struct BlobHistory(string Text)
{
    /// <summary>Writes that are remembered. One whose answer is lost while more than these land on top does not learn what became of it.</summary>
    public const int LengthMax = 8;

    private const int NonceDigits = 16;

    public static BlobHistory Empty { get; } = new("");

    /// <summary>The newest nonce; null where the history is empty.</summary>
    public string? Newest => Text.Length == 0 ? null : Text[..NonceDigits];

    public static string NewNonce() => RandomNumberGenerator.GetHexString(NonceDigits, lowercase: true);

    public static bool TryParse(string text, out BlobHistory history)
    {
        history = new BlobHistory(text);
        if (text.Length == 0)
            return true;
        var nonces = text.Split('.');
        return nonces.Length <= LengthMax && nonces.All(nonce => nonce.Length == NonceDigits && ulong.TryParse(nonce, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _));
    }

    public bool Contains(string nonce) => Text.Contains(nonce, StringComparison.Ordinal);

    /// <summary>This history with one more write.</summary>
    public BlobHistory With(string nonce)
    {
        const int TextLengthMax = (LengthMax * (NonceDigits + 1)) - 1;
        var text = Text.Length == 0 ? nonce : nonce + "." + Text;
        return new BlobHistory(text.Length > TextLengthMax ? text[..TextLengthMax] : text);
    }
}
