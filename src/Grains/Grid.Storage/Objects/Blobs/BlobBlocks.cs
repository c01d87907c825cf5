using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Specialized;
using Grid.Abstractions;

namespace Grid.Storage.Objects.Blobs;

/// <summary>
/// Sends the blocks of a large object, several at once; they are no part of the blob until a block list with their names is committed. Names are the write's nonce and
/// a number, so the blocks of two writers of one name never meet. Blocks that are never committed are dropped by the service after a week.
/// </summary>
internal sealed class BlobBlocks(BlockBlobClient blob, string nonce, AzureBlobOptions options, BlobCalls calls)
{
    /// <summary>Blocks in a blob, by the service's rules.</summary>
    public const int CountMax = 50_000;

    private readonly XxHash3 _hash = new();

    /// <summary>Names of the blocks, in order.</summary>
    public List<string> Names { get; } = [];

    /// <summary>XxHash3-64 of all blocks, once they are sent.</summary>
    public ulong ContentHash => _hash.GetCurrentHashAsUInt64();

    /// <summary>Sends content that is in memory.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => SendAsync(Slice(content), cancellationToken);

    /// <summary>Sends a first block and the rest of a stream behind it. At most <see cref="AzureBlobOptions.BlocksAtOnce"/> blocks and the first are in memory.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> first, Stream rest, CancellationToken cancellationToken) =>
        SendAsync(ReadAsync(first, rest, cancellationToken), cancellationToken);

    /// <summary>Fills a block from a stream; less than a block at the stream's end.</summary>
    public static async Task<int> FillAsync(Stream stream, Memory<byte> block, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < block.Length)
        {
            var count = await SourceFailure.ReadAsync(stream, block[filled..], cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;
            filled += count;
        }

        return filled;
    }

    private Task SendAsync(IAsyncEnumerable<Block> blocks, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.BlocksAtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(blocks, parallel, async (block, token) =>
        {
            var attempts = 0;
            await calls.RetryAsync(async attempt =>
            {
                attempts++;
                using var content = BinaryData.FromBytes(block.Bytes).ToStream();
                await blob.StageBlockAsync(block.Name, content, options: null, attempt).ConfigureAwait(false);
                return true;
            }, token).ConfigureAwait(false);

            // A request that was given up may still be reading the block: then it is left to the garbage collector.
            if (block.Rented is not null && attempts == 1)
                ArrayPool<byte>.Shared.Return(block.Rented);
        });
    }

#pragma warning disable CS1998 // An enumerator that never waits, for the one loop over both kinds.
    private async IAsyncEnumerable<Block> Slice(ReadOnlyMemory<byte> content)
#pragma warning restore CS1998
    {
        for (var offset = 0; offset < content.Length; offset += options.BlockBytes)
            yield return Next(content.Slice(offset, Math.Min(options.BlockBytes, content.Length - offset)), null);
    }

    private async IAsyncEnumerable<Block> ReadAsync(ReadOnlyMemory<byte> first, Stream rest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Next(first, null);
        while (true)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(options.BlockBytes);
            var count = await FillAsync(rest, buffer.AsMemory(0, options.BlockBytes), cancellationToken).ConfigureAwait(false);
            if (count > 0)
                yield return Next(buffer.AsMemory(0, count), buffer);
            else
                ArrayPool<byte>.Shared.Return(buffer);
            if (count < options.BlockBytes)
                yield break;
        }
    }

    private Block Next(ReadOnlyMemory<byte> bytes, byte[]? rented)
    {
        if (Names.Count == CountMax)
            throw new GridException(GridErrorCode.TooLarge,
                $"The object has more than {(long)CountMax * options.BlockBytes} bytes, {CountMax} blocks of {options.BlockBytes}. Set BlockBytes higher, or make the object smaller.");
        _hash.Append(bytes.Span);
        Span<byte> name = stackalloc byte[sizeof(ulong) + sizeof(int)];
        BinaryPrimitives.WriteUInt64BigEndian(name, ulong.Parse(nonce, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        BinaryPrimitives.WriteInt32BigEndian(name[sizeof(ulong)..], Names.Count);
        Names.Add(Convert.ToBase64String(name));
        return new Block(Names[^1], bytes, rented);
    }

    private readonly record struct Block(string Name, ReadOnlyMemory<byte> Bytes, byte[]? Rented);
}
