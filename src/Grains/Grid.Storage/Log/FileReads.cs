using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>Reads that end only when they have everything.</summary>
internal static class FileReads
{
    /// <summary>Fills the buffer.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the file ends before.</exception>
    public static void ReadFully(this IFile file, Span<byte> buffer, long position)
    {
        var read = file.ReadUpTo(buffer, position);
        if (read < buffer.Length)
            throw EndsEarly(file, position + read, buffer.Length - read);
    }

    /// <summary>Fills the buffer as far as the file goes; how many bytes that were.</summary>
    public static int ReadUpTo(this IFile file, Span<byte> buffer, long position)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = file.Read(buffer[total..], position + total);
            if (read == 0)
                break;
            total += read;
        }

        return total;
    }

    /// <inheritdoc cref="ReadFully"/>
    public static async ValueTask ReadFullyAsync(this IFile file, Memory<byte> buffer, long position, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            var read = await file.ReadAsync(buffer, position, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw EndsEarly(file, position, buffer.Length);
            buffer = buffer[read..];
            position += read;
        }
    }

    private static GridException EndsEarly(IFile file, long position, int missing) =>
        new(GridErrorCode.Corrupt, $"{file.Path} ends at byte {position}, {missing} bytes before what its frames promise; restore the file.");
}
