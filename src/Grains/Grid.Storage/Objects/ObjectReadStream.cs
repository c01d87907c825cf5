using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>
/// A seekable stream over one version of an object, read in blocks through <see cref="IObjectStore.ReadRangeAsync"/>, with its retries and checks. While the
/// reader goes forward block by block, the next one is read ahead, so at most two are in memory. If the object changes or goes, the next block fails
/// with <see cref="GridErrorCode.StorageFailed"/>: bytes of two versions are never mixed.
/// <para>For one reader at a time. The synchronous members block on the store; they are for native readers on threads of their own.</para>
/// </summary>
public sealed class ObjectReadStream : Stream
{
    private readonly IObjectStore _store;
    private readonly ObjectEntry _entry;
    private readonly long _start;
    private readonly int _blockBytes;
    private readonly CancellationTokenSource _closing = new();
    private long _block = -1;
    private ReadOnlyMemory<byte> _bytes;
    private long _aheadBlock = -1;
    private Task<ReadOnlyMemory<byte>>? _ahead;
    private long _position;

    internal ObjectReadStream(IObjectStore store, ObjectEntry entry, long start, long length, int blockBytes)
    {
        _store = store;
        _entry = entry;
        _start = start;
        Length = length;
        _blockBytes = blockBytes;
    }

    /// <summary>The version that is read.</summary>
    public ObjectTag Tag => _entry.Tag;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (_position >= Length || buffer.IsEmpty)
            return 0;
        var block = _position / _blockBytes;
        if (block != _block)
            await MoveToAsync(block, cancellationToken).ConfigureAwait(false);
        var rest = _bytes[(int)(_position % _blockBytes)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("An object that is being read has no other length.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            CloseAsync().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private async Task MoveToAsync(long block, CancellationToken cancellationToken)
    {
        var forward = block == _block + 1;
        if (block == _aheadBlock && _ahead is { } ahead)
        {
            await ((Task)ahead).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            (_aheadBlock, _ahead) = (-1, null);
            _bytes = await ahead.ConfigureAwait(false);
        }
        else
        {
            await DropAheadAsync().ConfigureAwait(false);
            _bytes = await ReadBlockAsync(block, cancellationToken).ConfigureAwait(false);
        }

        _block = block;

        // A first block, or a jump, says nothing of what comes next.
        if (forward && block > 0 && (block + 1) * _blockBytes < Length)
            (_aheadBlock, _ahead) = (block + 1, ReadBlockAsync(block + 1, _closing.Token));
    }

    private async Task<ReadOnlyMemory<byte>> ReadBlockAsync(long block, CancellationToken cancellationToken)
    {
        var offset = block * _blockBytes;
        var count = (int)Math.Min(_blockBytes, Length - offset);
        var content = await _store.ReadRangeAsync(_entry.Name, _start + offset, count, cancellationToken).ConfigureAwait(false);
        return content is not null && content.Tag == _entry.Tag && content.Bytes.Length == count ? content.Bytes
            : throw new GridException(GridErrorCode.StorageFailed, $"'{_entry.Name}' was {(content is null ? "deleted" : "replaced")} while it was being read; open it again.");
    }

    /// <summary>Forgets a block that was read ahead for a reader who went elsewhere: whether it failed concerns nobody.</summary>
    private async Task DropAheadAsync()
    {
        if (_ahead is { } ahead)
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (_aheadBlock, _ahead) = (-1, null);
    }

    private async Task CloseAsync()
    {
        if (_closing.IsCancellationRequested)
            return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await DropAheadAsync().ConfigureAwait(false);
        _closing.Dispose();
    }
}
