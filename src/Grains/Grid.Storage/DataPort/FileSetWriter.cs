using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.DataPort;

/// <summary>Packs a set of files into full packets. Blocks on reads.</summary>
internal sealed class FileSetWriter(DataPortOutput output)
{
    private int _filled;

    public async Task BeginAsync(FileSetHead head)
    {
        await ReserveAsync(FileSetFormat.SetBytes).ConfigureAwait(false);
        FileSetFormat.WriteSet(Rest.Span, head);
        _filled += FileSetFormat.SetBytes;
    }

    /// <summary>Sends the first <paramref name="length"/> bytes of a file.</summary>
    public async Task AddAsync(FileSetFolder folder, string name, long length, IFile file, CancellationToken cancellationToken)
    {
        await ReserveAsync(FileSetFormat.FileBytes + FileSetFormat.NameBytesMax).ConfigureAwait(false);
        _filled += FileSetFormat.WriteFile(Rest.Span, folder, name, length);
        var hash = new XxHash3();
        for (var position = 0L; position < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await ReserveAsync(1).ConfigureAwait(false);
            var piece = Rest[..(int)Math.Min(Rest.Length, length - position)];
            var read = file.Read(piece.Span, position);
            if (read == 0)
                throw new GridException(GridErrorCode.StorageFailed, $"{file.Path} ends at byte {position} of {length}; ask for the files again.");
            hash.Append(piece.Span[..read]);
            _filled += read;
            position += read;
        }

        await ReserveAsync(FileSetFormat.HashBytes).ConfigureAwait(false);
        BinaryPrimitives.WriteUInt64LittleEndian(Rest.Span, hash.GetCurrentHashAsUInt64());
        _filled += FileSetFormat.HashBytes;
    }

    public async Task EndAsync()
    {
        if (_filled > 0)
            await output.SendAsync(_filled).ConfigureAwait(false);
        _filled = 0;
    }

    private Memory<byte> Rest => output.Buffer[_filled..];

    private async ValueTask ReserveAsync(int bytes)
    {
        if (DataPortOutput.BufferBytes - _filled >= bytes)
            return;
        await output.SendAsync(_filled).ConfigureAwait(false);
        _filled = 0;
    }
}
