using Grid.Storage.Objects;
using Grid.Testing.Objects;

namespace Grid.Silo.Tests.Clustering;

/// <summary>The suite over Azure Blobs.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class AzureMembershipTableTests(AzuriteFixture azurite) : MembershipTableConformance
{
    private readonly AzureBlobOptions _options = azurite.NewContainer();

    protected override IObjectStore Open() => new AzureBlobObjectStore(_options, TimeProvider.System);
}
