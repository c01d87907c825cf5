using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Sql.Native;

/// <summary>What DuckDB says, as one line with the place in the statement.</summary>
internal static class DuckError
{
    /// <summary>An error in the form of <c>errors_as_json</c>, or plain text.</summary>
    /// <param name="text">The error.</param>
    /// <param name="sql">The user's statement, for the place; null: no place.</param>
    /// <param name="shift">Bytes in front of the statement in what DuckDB was given.</param>
    public static GridException Of(string text, string? sql, int shift = 0)
    {
        var (type, message, position) = Parse(text);
        var place = sql is not null && position is { } at && at >= shift ? Place(sql, at - shift) : "";
        message = message.ReplaceLineEndings(" ").Replace("\t", " ", StringComparison.Ordinal).Trim().TrimEnd('.');
        return type switch
        {
            "Out of Memory" or "OutOfMemory" => new GridException(GridErrorCode.TooLarge, $"The statement needs more memory than it may use: {message}. Raise the limit, or give it a temporary directory."),
            "INTERNAL" or "Internal" or "FATAL" or "Fatal" => new GridException(GridErrorCode.Internal, $"SQL failed: {message}."),
            "IO" => new GridException(GridErrorCode.StorageFailed, $"A file of the statement does not read: {message}."),
            _ => new GridException(GridErrorCode.InvalidArgument, $"SQL{place}: {message}."),
        };
    }

    /// <summary>" at line L, column C" of a byte offset in the statement.</summary>
    public static string Place(string sql, long position)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        if (position < 0 || position > bytes.Length)
            return "";
        var before = Encoding.UTF8.GetString(bytes, 0, (int)position);
        var line = before.Count(c => c == '\n') + 1;
        return $" at line {line}, column {before.Length - before.LastIndexOf('\n')}";
    }

    public static unsafe void Check(nint error)
    {
        if (error == 0)
            return;
        var text = Marshal.PtrToStringUTF8(DuckNative.ErrorMessage(error)) ?? "";
        DuckNative.DestroyError(ref error);
        throw Of(text, sql: null);
    }

    private static (string Type, string Message, long? Position) Parse(string text)
    {
        // "Invalid Input Error: {json}" and the bare document both occur.
        var brace = text.IndexOf('{', StringComparison.Ordinal);
        if (brace >= 0 && text.Contains("\"exception_type\"", StringComparison.Ordinal))
        {
            try
            {
                using var json = JsonDocument.Parse(text[brace..]);
                var root = json.RootElement;
                long? position = root.TryGetProperty("position", out var at) && long.TryParse(at.GetString(), out var number) ? number : null;
                return (root.GetProperty("exception_type").GetString() ?? "", root.GetProperty("exception_message").GetString() ?? "", position);
            }
            catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                // Whatever it is, it is better shown than swallowed.
            }
        }

        var colon = text.IndexOf(" Error: ", StringComparison.Ordinal);
        return colon > 0 ? (text[..colon], text[(colon + 8)..], null) : ("", text, null);
    }
}
